import { resolveProfile } from '../profile.ts';
import type { Config } from './model.ts';

/**
 * Whether a text that is no correct config might still mean that something runs strict. It errs on the side of yes: no is
 * said only if every profile it names is a relaxed one of `below` or made in the text itself, out of such ones.
 */
export function mayAskForStrict(text: string, below: Config): boolean {
  if (/strict|\\[uUx]|"""|'''/i.test(text)) return true;
  const own = new Set(Array.from(text.matchAll(/^\s*\[\s*profile\s*\.\s*["']?([\w.-]+)/gm), (match) => match[1] ?? ''));
  for (const [, value = ''] of text.matchAll(/\b(?:profile|base)["']?\s*=(.*)/g)) {
    const named = /^\s*(?:"([\w.-]+)"|'([\w.-]+)')/.exec(value);
    const name = named?.[1] ?? named?.[2];
    // Tables on one line, `profile = { … }`, hold no name of their own; the names inside match by themselves.
    if (name === undefined && !/^\s*\{/.test(value)) return true;
    if (name !== undefined && !isRelaxed(below, name) && !(own.has(name) && !below.profiles.has(name))) return true;
  }
  return false;
}

function isRelaxed(below: Config, name: string): boolean {
  return below.profiles.has(name) && resolveProfile(below.profiles, name).mode === 'relaxed';
}
