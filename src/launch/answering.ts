import { RingfenceError } from '../domain/errors.ts';
import { takeAway } from '../domain/mounts.ts';
import type { Mounts } from './ports.ts';
import { environmentFolders, folderLists } from './pure/environment-folders.ts';

/**
 * An environment in which nobody hangs: without the folders of its lists that do not answer, for the app too, as a shell's first look for a
 * program would be its last. Asks the user's own folders as well; afterwards all of these can be looked at.
 * @throws RingfenceError ProgramNotExecutable where one of the user's own does not answer
 */
export async function answeringEnvironment(
  task: string,
  environment: ReadonlyMap<string, string>,
  mounts: Mounts,
): Promise<ReadonlyMap<string, string>> {
  if (!mounts.mayHang()) return environment;
  const { own, listed, all } = environmentFolders(environment);
  await mounts.ask(all);
  for (const folder of own) requireAnswer(task, `your folder ${folder}`, folder, mounts);
  const silent = new Set(listed.filter((folder) => mounts.silent(folder) !== undefined));
  if (silent.size === 0) return environment;
  const answering = new Map(environment);
  for (const name of folderLists) {
    const folders = environment.get(name)?.split(':');
    if (folders !== undefined) answering.set(name, folders.filter((folder) => !silent.has(folder)).join(':'));
  }
  return answering;
}

/**
 * `what`: of the message.
 * @throws RingfenceError ProgramNotExecutable where a path leads into a mount that does not answer: without a fence it would hang as well
 */
export function requireAnswer(task: string, what: string, path: string, mounts: Pick<Mounts, 'silent'>): void {
  const mount = mounts.silent(path);
  if (mount === undefined) return;
  throw new RingfenceError('ProgramNotExecutable', `cannot ${task}: ${what} does not answer; ${takeAway(mount)}`);
}
