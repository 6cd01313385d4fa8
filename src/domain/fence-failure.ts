import { errnoText } from './errno-text.ts';
import { RingfenceError } from './errors.ts';

/**
 * What failed on the way to a scope, as the caller gets it: a full disk or too few descriptors are no bug of ours. Every other
 * error is returned as it is. `task` opens the message: "launch firefox.desktop".
 */
export function asScopeFailure(task: string, error: unknown): unknown {
  const reason = errnoText(error);
  if (reason === undefined) return error;
  return new RingfenceError('ScopeFailed', `cannot ${task}: ${reason}`, { cause: error });
}

/** The same for a strict start, which must not be taken for one that may go on without its fence. */
export function asStrictRefusal(what: string, error: unknown): unknown {
  const reason = errnoText(error);
  if (reason === undefined) return error;
  return new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${reason}`, { cause: error });
}
