import { requireTestbed } from './testbed.ts';

/** Vitest's global setup of the gnome project. */
export default function setup(): void {
  requireTestbed(['session']);
  if (process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined) {
    throw new Error('these tests need a desktop: test/testbed/session --gnome');
  }
}
