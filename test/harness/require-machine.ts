import { requireTestbed } from './testbed.ts';

/** Vitest's global setup of the machine project. */
export default function setup(): void {
  requireTestbed(['machine']);
}
