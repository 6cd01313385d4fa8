import { existsSync } from 'node:fs';
import { requireTestbed } from './testbed.ts';

/** Vitest's global setup of the packaging project. */
export default function setup(): void {
  requireTestbed(['session']);
  if (!existsSync('/run/testbed-door')) throw new Error('these tests install packages: npm test -- --only packaging');
}
