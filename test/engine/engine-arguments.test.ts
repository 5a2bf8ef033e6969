import { expect, it } from 'vitest';
import { parseContact } from '../../main/engine/engine-arguments.ts';

it.each([
  ['127.1.0.5:6881', { host: '127.1.0.5', port: 6881 }],
  ['dht.example.org:25401', { host: 'dht.example.org', port: 25401 }],
  ['[2001:db8::1]:80', { host: '2001:db8::1', port: 80 }],
  ['127.0.0.1', null],
  ['127.0.0.1:0', null],
  ['127.0.0.1:65536', null],
  ['300.0.0.1:6881', null],
  ['127.0.0:6881', null],
  ['[zz::1]:80', null],
  ['2001:db8::1:80', null],
  ['two words:80', null],
  ['', null],
])('parseContact(%s)', (text, contact) => {
  expect(parseContact(text)).toEqual(contact);
});
