import { escapeSuite } from '../fixtures/escape-suite.ts';

// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
escapeSuite('session', { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' });
