import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clickAnswer, parseClickRequest } from '../../../../src/daemon/clicks/click-request.ts';

const bytesOf = (words: readonly (string | number)[]) => Buffer.from(words.map((word) => `${word}\0`).join(''));
const text = fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed() && !one.includes('\0'));

describe('a click request', () => {
  it('is read as it was written', () => {
    const dict = fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key });
    fc.assert(
      fc.property(text, fc.array(text), dict, (app, uris, options) => {
        const words = [7, 'Launch', 'sasa{ss}', app, uris.length, ...uris, options.length, ...options.flat()];
        expect(parseClickRequest(bytesOf(words))).toEqual({
          pid: 7,
          member: 'Launch',
          signature: 'sasa{ss}',
          args: [app, uris, new Map(options)],
        });
      }),
    );
  });

  it('is none when it was cut short anywhere, or goes on behind its end', () => {
    const whole = bytesOf([7, 'Run', 'asa{ss}a{ss}', 2, 'sh', '', 1, 'A', 'b', 1, 'app-id', 'x']);
    expect(parseClickRequest(whole)).toBeDefined();
    for (let length = 0; length < whole.length; length += 1) {
      expect([length, parseClickRequest(whole.subarray(0, length))]).toEqual([length, undefined]);
    }
    expect(parseClickRequest(Buffer.concat([whole, bytesOf(['more'])]))).toBeUndefined();
  });

  it('is none with anything else in it', () => {
    for (const words of [
      ['x', 'Launch', 's', 'a'],
      ['-1', 'Launch', 's', 'a'],
      [7, '', 's', 'a'],
      [7, 'Launch', '', ''],
      [7, 'Launch', 'a{sv}', 0],
      [7, 'Launch', 'as', '-1'],
      [7, 'Launch', 'as', '1e9'],
      [7, 'Launch', 'as', 999_999_999],
    ]) {
      expect(parseClickRequest(bytesOf(words))).toBeUndefined();
    }
    expect(parseClickRequest(Buffer.concat([bytesOf([7, 'Launch', 's']), Buffer.from([0xff, 0])]))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array(), (bytes) => parseClickRequest(bytes) === undefined || bytes.at(-1) === 0));
  });
});

describe('the answer to a click', () => {
  it('is one line, whatever the message', () => {
    expect(clickAnswer(7, { instance: '/a' })).toBe('7 ok /a\n');
    expect(clickAnswer(7, 'pass')).toBe('7 pass\n');
    expect(clickAnswer(7, { errorName: 'a.B', message: 'one\ntwo\0three' })).toBe('7 error a.B: one two three\n');
    fc.assert(
      fc.property(text, (message) => {
        const line = clickAnswer(7, { errorName: 'a.B', message });
        expect(line.indexOf('\n')).toBe(line.length - 1);
      }),
    );
    expect(clickAnswer(7, { errorName: 'a.B', message: 'x'.repeat(100_000) }).length).toBeLessThan(5000);
  });
});
