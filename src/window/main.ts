import system from 'system';
import { makeApplication } from './application.ts';

system.exit(makeApplication().run([system.programInvocationName, ...ARGV]));
