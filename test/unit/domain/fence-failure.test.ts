import { describe, expect, it } from 'vitest';
import { RingfenceError } from '../../../src/domain/errors.ts';
import { asScopeFailure, asStrictRefusal } from '../../../src/domain/fence-failure.ts';

const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', path: '/run/x' });

describe('what failed on the way to a fence', () => {
  it('is no bug of ours where the system has run out of something', () => {
    expect(asScopeFailure('launch a.desktop', full)).toMatchObject({
      code: 'ScopeFailed',
      message: 'cannot launch a.desktop: the disk is full (/run/x); make room and try again',
      cause: full,
    });
  });

  it('is never ScopeFailed for a strict start, which an icon may repeat without its fence', () => {
    expect(asStrictRefusal('a.desktop', full)).toMatchObject({
      code: 'NotEnforceable',
      message: 'cannot launch a.desktop strictly: the disk is full (/run/x); make room and try again',
      cause: full,
    });
  });

  it.each([new Error('x'), new RingfenceError('NoSuchApp', 'x'), undefined])(
    'is left as it is otherwise: %s',
    (error) => {
      expect(asScopeFailure('launch a', error)).toBe(error);
      expect(asStrictRefusal('a', error)).toBe(error);
    },
  );
});
