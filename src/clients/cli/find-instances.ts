import { RingfenceError } from '../../domain/errors.ts';
import type { InstanceView } from './client.ts';

/**
 * The instances a word names: a unit, an object path, or all instances of an app.
 * @throws RingfenceError NoSuchInstance
 */
export function findInstances(instances: readonly InstanceView[], word: string): InstanceView[] {
  const found = instances.filter(
    ({ unit, path, appId, name }) =>
      unit === word ||
      `${word}.scope` === unit ||
      path === word ||
      appId === word ||
      appId === `${word}.desktop` ||
      (appId === '' && name === word),
  );
  if (found.length > 0) return found;
  const running = [...new Set(instances.map(({ appId, name }) => appId.replace(/\.desktop$/, '') || name))].sort();
  throw new RingfenceError(
    'NoSuchInstance',
    `cannot find an instance of ${word}: ${running.length === 0 ? 'nothing is running in a fence' : `running are ${running.join(', ')}`}`,
  );
}
