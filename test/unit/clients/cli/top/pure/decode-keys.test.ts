import { expect, it } from 'vitest';
import { decodeKeys } from '../../../../../../src/clients/cli/top/pure/decode-keys.ts';

// XTerm Control Sequences, "PC-Style Function Keys" and "VT220-Style Function Keys"; console_codes(4) for the Linux console.
it.each([
  ['up', ['\x1b[A', '\x1bOA']],
  ['down', ['\x1b[B', '\x1bOB']],
  ['home', ['\x1b[H', '\x1bOH', '\x1b[1~']],
  ['end', ['\x1b[F', '\x1bOF', '\x1b[4~']],
  ['page-up', ['\x1b[5~']],
  ['page-down', ['\x1b[6~']],
  ['f1', ['\x1bOP', '\x1b[11~', '\x1b[[A']],
  ['f6', ['\x1b[17~']],
  ['f9', ['\x1b[20~']],
  ['f10', ['\x1b[21~']],
  ['escape', ['\x1b']],
  ['enter', ['\r', '\n']],
  ['backspace', ['\x7f', '\b']],
  ['tab', ['\t']],
  ['ctrl-a', ['\x01']],
  ['ctrl-z', ['\x1a']],
  [' ', [' ']],
  ['~', ['~']],
])('%s is what terminals send for it', (key, texts) => {
  for (const text of texts) expect(decodeKeys(text), JSON.stringify(text)).toEqual({ keys: [key], rest: '' });
});

it('is the same key with Shift, Alt and Ctrl', () => {
  expect(decodeKeys('\x1b[1;2A\x1b[1;10B\x1b[5;3~\x1b[6;10~').keys).toEqual(['up', 'down', 'page-up', 'page-down']);
});

it('leaves out what is no key of ours, as a whole', () => {
  expect(decodeKeys('a\x1b[[Bb\x1b[2~c\x1b[?1;2cd\x1b[<0;1;1Me\x1bOQf\x1b[3 @g').keys).toEqual([...'abcdefg']);
});

it('takes an escape before another key for the key Escape', () => {
  expect(decodeKeys('\x1b\x1b[A').keys).toEqual(['escape', 'up']);
  expect(decodeKeys('\x1bx').keys).toEqual(['escape', 'x']);
});

it.each(['\x1b[', '\x1b[1', '\x1b[1;', '\x1b[15;2', '\x1bO'])('waits for the rest of %j', (rest) => {
  expect(decodeKeys(rest)).toEqual({ keys: [], rest });
  expect(decodeKeys(`q${rest}`)).toEqual({ keys: ['q'], rest });
});
