import GLib from 'gi://GLib?version=2.0';
import system from 'system';
import { makeApplication } from './application.ts';
import { bindLocale } from './locale.ts';

// Otherwise it is gjs: on X11 the desktop finds the entry, and so the icon, by this name; screen readers say it.
GLib.set_prgname('org.ringfence.Ringfence');
bindLocale();
system.exit(makeApplication().run([system.programInvocationName, ...ARGV]));
