import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { asFileError, errnoText, isShortage } from '../../../src/domain/errno-text.ts';
import { RingfenceError } from '../../../src/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringfence-errno-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function failure(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('errnoText', () => {
  it('names the path and the way out of what the file system really throws', () => {
    const missing = join(folder, 'none/file');
    expect(errnoText(failure(() => writeFileSync(missing, '')))).toBe(
      `a folder of this path is missing (${missing}); make it and try again`,
    );
    writeFileSync(join(folder, 'file'), '');
    const below = join(folder, 'file/below');
    expect(errnoText(failure(() => mkdirSync(below)))).toContain(`is a file (${below})`);
  });

  it('names the new place of a rename', () => {
    mkdirSync(join(folder, 'there/is'), { recursive: true });
    writeFileSync(join(folder, 'new'), '');
    expect(errnoText(failure(() => renameSync(join(folder, 'new'), join(folder, 'there'))))).toContain(
      `(${join(folder, 'there')})`,
    );
  });

  it('goes without a path where there is none, and says the code of what it does not know', () => {
    expect(errnoText({ code: 'ENOSPC' })).toBe('the disk is full; make room and try again');
    expect(errnoText({ code: 'EBUSY', path: '/x' })).toBe('EBUSY (/x)');
  });

  it.each([
    undefined,
    null,
    new Error('x'),
    { code: 'ERR_INVALID_ARG_TYPE' },
    { code: 'SIGE1' },
    { code: 5 },
    new RingfenceError('Failed', 'x'),
  ])('leaves %j alone', (error) => {
    expect(errnoText(error)).toBeUndefined();
    expect(asFileError('do it', error)).toBe(error);
  });
});

describe('asFileError', () => {
  it('keeps the cause, and says what has become of things', () => {
    const cause = { code: 'EROFS', path: '/a/b' };
    const error = asFileError('enable x.desktop', cause, 'nothing was changed');
    expect(error).toMatchObject({
      code: 'Failed',
      cause,
      message:
        'cannot enable x.desktop: the file system is read-only (/a/b); remount it writable and try again; nothing was changed',
    });
  });

  it('ends with the way out where there is nothing more to say', () => {
    const error = asFileError('read /a', { code: 'EIO', path: '/a' });
    expect(error).toHaveProperty('message', 'cannot read /a: the disk reports an error (/a); see "journalctl --dmesg"');
  });
});

// errno(3): the limit of a process, the limit of the system, not enough memory.
it('knows what there may be too little of', () => {
  expect(['EMFILE', 'ENFILE', 'ENOMEM'].map((code) => isShortage({ code }))).toEqual([true, true, true]);
  expect([{ code: 'ENOSPC' }, { code: '' }, {}, new Error('EMFILE')].map(isShortage)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
