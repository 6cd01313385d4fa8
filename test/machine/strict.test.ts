import { escapeSuite } from '../fixtures/escape-suite.ts';

escapeSuite('machine', {});
