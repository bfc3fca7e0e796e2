// CommonJS can load the packages as well: Node has required ES modules since 22.12.
const { compose, retry } = require('steadfetch');

if (typeof compose(retry())(fetch) !== 'function') throw new Error('no fetch from require()');
console.log('require() works');
