/** What does not work before what does; otherwise in the order in which the daemon tells it. */
export function worstFirst<Finding extends Readonly<Record<string, string>>>(findings: readonly Finding[]): Finding[] {
  const rank = ({ state = '' }: Readonly<Record<string, string>>) => ({ works: 2, limited: 1 })[state] ?? 0;
  return [...findings].sort((a, b) => rank(a) - rank(b));
}
