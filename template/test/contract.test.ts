import { __CAMEL__ } from '@steadfetch/__NAME__';
import { middlewareContract } from '@steadfetch/testing';

middlewareContract(() => __CAMEL__());
