import { isRingfenceError, type RingfenceError } from '../errors.ts';
import { addLayer } from './add-layer.ts';
import { mayAskForStrict } from './may-ask-for-strict.ts';
import { builtInConfig, type Config } from './model.ts';
import { readLayer } from './read-layer.ts';

/** A config file that is there: its text, or why it could not be read. */
export type ConfigSource =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly error: RingfenceError };

/**
 * Lays the files over the built-ins, in the order given (the last wins). A faulty file is left out whole and its error
 * returned. It then counts as one that may have asked for strict, unless its text rules that out (`heldBack`): an app that
 * is to be strict must not run relaxed because of a typing error on another line.
 */
export function readConfig(sources: readonly ConfigSource[]): { config: Config; errors: readonly RingfenceError[] } {
  let config = builtInConfig;
  const errors: RingfenceError[] = [];
  for (const source of sources) {
    try {
      if ('error' in source) throw source.error;
      config = addLayer(config, readLayer(source.path, source.text));
    } catch (error) {
      if (!isRingfenceError(error)) throw error;
      errors.push(error);
      if ('error' in source || mayAskForStrict(source.text, config)) config = { ...config, heldBack: error };
    }
  }
  return { config, errors };
}
