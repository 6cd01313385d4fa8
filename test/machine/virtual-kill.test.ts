import { describe } from 'vitest';
import { endForkBombs } from '../fixtures/fork-bomb.ts';

describe('a fork bomb on two processors', endForkBombs);
