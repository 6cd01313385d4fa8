import type { LimitName } from '../../domain/limits.ts';

/**
 * A cgroup file's text as the config writes the limit: "max" is infinity, cpu.max "150000 100000" is 150%, io.weight
 * "default 200" is 200. Memory stays in bytes.
 */
export function limitText(name: LimitName, kernel: string): string {
  const text = kernel.trim();
  if (text === 'max' || text.startsWith('max ')) return 'infinity';
  if (name === 'cpu-quota') {
    const [quota = '0', period = '100000'] = text.split(' ');
    return `${Number(((Number(quota) / Number(period)) * 100).toFixed(4))}%`;
  }
  return name === 'io-weight' ? (text.split('\n')[0]?.replace(/^default /, '') ?? text) : text;
}
