import { shellQuote } from '../../domain/shell-quote.ts';
import { sayNotFenced, sayNotStarted } from './open-script.ts';

/** A command that is to be started through the client, from a place that takes no quoting. */
export interface ClientScript {
  readonly comment: string;
  /** The client and its options. */
  readonly client: readonly string[];
  /** The original's own command. */
  readonly argv: readonly string[];
  /** For the notification. */
  readonly title: string;
  readonly id: string;
  readonly strict: boolean;
}

/**
 * A POSIX shell script that hands the command to the client, and runs it itself where the client is gone (126, 127) or asks
 * for it (75); never for an app that is to be strictly contained.
 */
export function clientScript({ comment, client, argv, title, id, strict }: ClientScript): string {
  const command = argv.map(shellQuote).join(' ');
  const call = [...client, ...(strict ? ['--strict'] : [])].map(shellQuote).join(' ');
  const lines = ['#!/bin/sh', `# ${comment}`, `${call} -- ${command}`, 's=$?'];
  if (strict) {
    lines.push(`case $s in 126|127) ${sayNotStarted(title, id)} ;; esac`, 'exit $s');
  } else {
    lines.push(`case $s in 75) ;; 126|127) ${sayNotFenced(title, id)} ;; *) exit $s ;; esac`, `exec ${command}`);
  }
  return `${lines.join('\n')}\n`;
}
