import { describe, expect, it } from 'vitest';
import { parseShadowOptions } from '../../../../src/shadows/pure/shadow-options.ts';

type Verb = Parameters<typeof parseShadowOptions>[0];
const parse = (verb: Verb, options: Record<string, string>, count: number) =>
  parseShadowOptions(verb, new Map(Object.entries(options)), count);
const error = (code: string, message: string) => expect.objectContaining({ code, message });

describe('parseShadowOptions', () => {
  it('has nothing set by itself', () => {
    expect(parse('enable', {}, 1)).toEqual({ all: false, dryRun: false, wish: {} });
    expect(parse('sync', {}, 0)).toEqual({ all: false, dryRun: false, wish: {} });
  });

  it('reads every option', () => {
    expect(parse('enable', { all: 'yes', 'dry-run': 'yes', profile: 'mine', autostart: 'yes' }, 0)).toEqual({
      all: true,
      dryRun: true,
      wish: { profile: 'mine', autostart: true },
    });
    expect(parse('enable', { all: 'no', autostart: 'no', 'dry-run': 'no' }, 2)).toEqual({
      all: false,
      dryRun: false,
      wish: {},
    });
    expect(parse('disable', { all: 'yes', 'dry-run': 'yes' }, 0)).toMatchObject({ all: true, dryRun: true });
    expect(parse('sync', { 'dry-run': 'yes' }, 0)).toMatchObject({ dryRun: true });
  });

  it('names an option that it does not know, and those that it does', () => {
    expect(() => parse('disable', { profile: 'x' }, 1)).toThrow(
      error('UnknownOption', 'cannot disable: unknown option "profile" (known: all, dry-run)'),
    );
    expect(() => parse('sync', { all: 'yes' }, 0)).toThrow(
      error('UnknownOption', 'cannot sync: unknown option "all" (known: dry-run)'),
    );
    expect(() => parse('enable', { autostrat: 'yes' }, 1)).toThrow(
      error(
        'UnknownOption',
        'cannot enable: unknown option "autostrat" (did you mean autostart? known: all, autostart, dry-run, profile)',
      ),
    );
    expect(() => parse('enable', { ['x'.repeat(100)]: '' }, 1)).toThrow(`"${'x'.repeat(60)}"`);
  });

  it.each([
    ['enable', 'all'],
    ['enable', 'autostart'],
    ['enable', 'dry-run'],
    ['sync', 'dry-run'],
  ] as const)('wants yes or no: %s, %s', (verb, name) => {
    expect(() => parse(verb, { [name]: 'maybe' }, 1)).toThrow(
      error('InvalidArgument', `cannot ${verb}: option ${name} must be "yes" or "no"`),
    );
  });

  it.each(['enable', 'disable'] as const)('wants apps or all to %s, not both and not neither', (verb) => {
    expect(() => parse(verb, { all: 'yes' }, 1)).toThrow(
      error('InvalidArgument', `cannot ${verb}: give apps or "all", not both`),
    );
    expect(() => parse(verb, {}, 0)).toThrow(
      error('InvalidArgument', `cannot ${verb}: no app given (see "ringfence apps")`),
    );
  });
});
