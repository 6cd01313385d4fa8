/** The program's arguments, without its name (gjs). */
declare const ARGV: string[];
/** By esbuild: the text of a style sheet. */
declare module '*.css' {
  const text: string;
  export default text;
}
/** Of package.json, by esbuild. */
declare const RINGFENCE_VERSION: string;
