export { __CAMEL__ } from './__NAME__.ts';
