declare module 'virtual:option-data' {
  const data: import('./page/option-data.ts').OptionData;
  export default data;
}

declare module '*?worker&inline' {
  const Inline: new () => Worker;
  export default Inline;
}

declare module '*.css';
