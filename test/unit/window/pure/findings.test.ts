import { expect, it } from 'vitest';
import { worstFirst } from '../../../../src/window/pure/findings.ts';

it('has what is missing first, then what works in part, each in the order in which it was told', () => {
  const findings = ['works', 'limited', 'missing', 'works', 'unheard-of', 'limited'].map((state, index) => ({
    state,
    name: String(index),
  }));
  expect(worstFirst(findings).map(({ name }) => name)).toEqual(['2', '4', '1', '5', '0', '3']);
  expect(worstFirst([{ name: 'of a newer daemon' }, { name: 'fine', state: 'works' }])).toHaveLength(2);
});
