import { describe, expect, it } from 'vitest';
import { pressureTrigger, withPressure } from '../../../src/domain/pressure-variables.ts';

describe('the variables of memory pressure', () => {
  it('name the file, and what is written to it as systemd spells it', () => {
    expect(Object.fromEntries(withPressure(new Map([['A', 'b']]), '/f'))).toEqual({
      A: 'b',
      MEMORY_PRESSURE_WATCH: '/f',
      // https://systemd.io/MEMORY_PRESSURE has this very word.
      MEMORY_PRESSURE_WRITE: 'c29tZSAyMDAwMDAgMjAwMDAwMAA=',
    });
    expect(pressureTrigger.endsWith('\0')).toBe(true);
  });

  it('are not inherited, with a file or without', () => {
    const inherited = new Map([
      ['MEMORY_PRESSURE_WATCH', '/other'],
      ['MEMORY_PRESSURE_WRITE', 'x'],
      ['A', 'b'],
    ]);
    expect([...withPressure(inherited, undefined)]).toEqual([['A', 'b']]);
    expect(withPressure(inherited, '/own').get('MEMORY_PRESSURE_WATCH')).toBe('/own');
  });
});
