import system from 'system';
import { makeApplication } from './application.ts';
import { bindLocale } from './locale.ts';

bindLocale();
system.exit(makeApplication().run([system.programInvocationName, ...ARGV]));
