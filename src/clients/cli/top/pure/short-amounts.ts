import { bytesText } from '../../pure/readable.ts';

/** Bytes in a narrow column, in binary units: "1.4G"; "-" where it is not known. */
export function shortBytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : bytesText(bytes).replace(/ (.)(?:iB)?$/, '$1');
}
