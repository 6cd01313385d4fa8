import fc from 'fast-check';
import { expect, it } from 'vitest';
import { instanceObjectPath, instanceUnit, unitObjectPath } from '../../../src/domain/object-path.ts';
import { scopeUnitName } from '../../../src/domain/unit-name.ts';

it.each([
  ['a.scope', 'a_2escope'],
  ['1a2', '_31a2'],
  ['A-Z_z9', 'A_2dZ_5fz9'],
  ['é\t', '_c3_a9_09'],
  ['', '_'],
])('the path of unit %j ends in %s', (unit, label) => {
  expect(unitObjectPath(unit)).toBe(`/org/freedesktop/systemd1/unit/${label}`);
});

it.each([
  ['app-ringfence-firefox-12.scope', 'firefox_2d12'],
  ['app-ringfence-firefox\\x2desr-1.scope', 'firefox_5cx2desr_2d1'],
  ['app-ringfence-app-ringfence-1.scope.scope', 'app_2dringfence_2d1_2escope'],
  ['x-app-ringfence-1.scope', 'x_2dapp_2dringfence_2d1'],
  ['app-ringfence-a.scope.x', 'a_2escope_2ex'],
])('the instance of %s is …/%s', (unit, label) => {
  expect(instanceObjectPath(unit)).toBe(`/org/ringfence/Ringfence1/instance/${label}`);
});

it.each([
  ['firefox_2d12', 'app-ringfence-firefox-12.scope'],
  ['firefox_5cx2desr_2d1', 'app-ringfence-firefox\\x2desr-1.scope'],
  ['_31a_2d7', 'app-ringfence-1a-7.scope'],
])('…/%s is the instance of %s', (label, unit) => {
  expect(instanceUnit(`/org/ringfence/Ringfence1/instance/${label}`)).toBe(unit);
});

it('brings every unit of ours back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (name, number) => {
      const unit = scopeUnitName(name, number);
      expect(instanceUnit(instanceObjectPath(unit))).toBe(unit);
    }),
  );
});
