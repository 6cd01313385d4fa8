import { readFileSync } from 'node:fs';
import { isShortage } from '../../domain/errno-text.ts';

/**
 * The text of a file of the kernel's (/proc, cgroups), undefined when it is not there or may not be read.
 * @throws what node throws when this process may open no more: that says nothing about the file
 */
export function readKernelFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isShortage(error)) throw error;
    return undefined;
  }
}
