import { RingfenceError } from '../errors.ts';
import { type ProfileDefinition, resolveProfile } from '../profile.ts';
import { mergeSections, type SandboxSection } from '../sandbox-choices.ts';
import type { AppSettings, Config, ConfigLayer } from './model.ts';
import { fileError } from './read-layer.ts';
import type { Origin, Setting } from './setting.ts';

/**
 * Lays one file over what is in force, key by key: the file wins where both say something. What stands below is
 * correct by itself, so whatever is wrong afterwards is this file's fault. Throws as `readLayer` does for a profile that
 * is not there, has no base or goes round in a circle, and for a new base of a built-in.
 */
export function addLayer(below: Config, layer: ConfigLayer): Config {
  const profiles = new Map(below.profiles);
  for (const [name, added] of layer.profiles) {
    const known = profiles.get(name);
    if (known?.mode !== undefined && added.base !== undefined) {
      throw at(added.base.origin, `${name} is built in and has no base (make a profile of your own on top of it)`);
    }
    const base = added.base ?? known?.base;
    profiles.set(name, {
      ...(known?.mode === undefined ? {} : { mode: known.mode }),
      ...(base === undefined ? {} : { base }),
      limits: new Map([...(known?.limits ?? []), ...added.limits]),
      ...sandboxOver(known, added),
    });
  }
  const apps = new Map(below.apps);
  for (const [id, added] of layer.apps) apps.set(id, mergeApp(apps.get(id), added));
  const defaultProfile = layer.defaultProfile ?? below.defaultProfile;
  const desktop = new Map([...below.desktop, ...layer.desktop]);
  const notices = new Map([...below.notices, ...layer.notices]);
  const merged: Config = { ...below, defaultProfile, profiles, apps, desktop, notices };
  checkProfiles(merged, layer);
  checkNames(merged, layer);
  return merged;
}

function mergeApp(below: AppSettings | undefined, added: AppSettings): AppSettings {
  const profile = added.profile ?? below?.profile;
  const limits = new Map([...(below?.limits ?? []), ...added.limits]);
  const origin = added.origin ?? below?.origin;
  return {
    ...(profile === undefined ? {} : { profile }),
    limits,
    ...sandboxOver(below, added),
    ...(origin === undefined ? {} : { origin }),
  };
}

function sandboxOver(below: { sandbox?: SandboxSection } | undefined, added: { sandbox?: SandboxSection }) {
  const sandbox = mergeSections(added.sandbox, below?.sandbox);
  return sandbox === undefined ? {} : { sandbox };
}

function checkProfiles(merged: Config, layer: ConfigLayer): void {
  for (const [name, added] of layer.profiles) {
    const { base } = added;
    if (base !== undefined) checkName(merged.profiles, base);
    const definition = merged.profiles.get(name);
    const origin = base?.origin ?? added.origin;
    if (definition?.mode === undefined && definition?.base === undefined) {
      throw at(origin, 'a profile needs a base (write base = "relaxed" or base = "strict")');
    }
    try {
      resolveProfile(merged.profiles, name);
    } catch (error) {
      if (!(error instanceof RingfenceError)) throw error;
      throw at(origin, error.message.replace(/^cannot use profile "[^"]*": /, ''));
    }
  }
}

function checkNames(merged: Config, layer: ConfigLayer): void {
  if (layer.defaultProfile !== undefined) checkName(merged.profiles, layer.defaultProfile);
  for (const app of layer.apps.values()) {
    if (app.profile !== undefined) checkName(merged.profiles, app.profile);
  }
}

function checkName(profiles: ReadonlyMap<string, ProfileDefinition>, named: Setting<string>): void {
  if (profiles.has(named.value)) return;
  const known = [...profiles.keys()].sort().join(', ');
  throw at(named.origin, `there is no profile ${JSON.stringify(named.value)} (known: ${known})`);
}

function at(origin: Origin | undefined, reason: string): RingfenceError {
  if (origin?.kind !== 'file') return new RingfenceError('InvalidArgument', `cannot read the config: ${reason}`);
  return fileError(origin.path, origin.line, reason, origin.key);
}
