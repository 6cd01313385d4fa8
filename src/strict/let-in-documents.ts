import type { Reserve } from '../platform/process/reserve.ts';
import type { Documents } from './documents.ts';
import type { LetIn } from './let-in.ts';
import type { PortalIdentity } from './portals.ts';
import type { DocumentNames, DocumentQuestions, SandboxPrograms, SandboxRecord, SandboxSight } from './ports.ts';
import { seccompArchOf } from './pure/host.ts';
import type { SandboxHost, SandboxPlan } from './pure/model.ts';
import type { SeccompArch } from './pure/syscalls.ts';

/** How one sandbox gets its documents. */
export interface LetInDocuments {
  /** The process that is to mount their names, and serves them. */
  readonly names: DocumentNames | undefined;
  readonly host: Pick<SandboxHost, 'documents'>;
  readonly record: Pick<SandboxRecord, 'documents'>;
  /** Sentences for the report. */
  readonly reasons: readonly string[];
  /** Puts the names in their place in the sandbox with that first process; whether it could. */
  mount(initPid: number, plan: SandboxPlan): Promise<boolean>;
  /** Starts what the next sandbox needs. */
  prepareNext(): void;
}

/** What documents are let in with. */
export interface DocumentLettingPorts {
  readonly documents: Documents;
  readonly documentQuestions: DocumentQuestions;
  /** @throws RingfenceError NotEnforceable */
  startDocumentNames(perl: string, arch: SeccompArch): Promise<DocumentNames>;
}

/** What is known of the sandbox. */
interface Start {
  readonly id: string;
  readonly lets: LetIn;
  readonly machine: { readonly facts: { readonly machine: string }; readonly programs: SandboxPrograms };
  readonly ports: DocumentLettingPorts;
}

/** Starts what the app's documents need; without perl they are to be read. */
export async function letInDocuments(
  { id: portalId, writingId, documents }: PortalIdentity,
  { lets, id, machine, ports }: Start,
  reserve: Reserve<DocumentNames>,
): Promise<LetInDocuments> {
  const without = { names: undefined, record: {}, mount: async () => false, prepareNext: () => {} };
  if (documents === undefined) return { ...without, host: {}, reasons: [] };
  const unnamed = (reason: string): LetInDocuments => {
    const reasons = [`documents can be read only: ${reason}`];
    return { ...without, host: { documents: { read: documents.read } }, reasons };
  };
  const { perl } = machine.programs;
  if (perl === undefined) return unnamed('perl is not installed');
  const arch = seccompArchOf(machine.facts.machine) ?? 'x86_64';
  const start = () => ports.startDocumentNames(perl, arch);
  const names = await reserve.take(start, async (spare) => spare.isAlive()).catch(() => undefined);
  if (names === undefined) return unnamed('perl does not run');
  const { mounts: _, ...grounds } = lets.grounds;
  const { home, downloadFolder: downloads } = lets;
  const { documentQuestions: questions } = ports;
  void ports.documents.recall(writingId);
  const listening = questions.listen(ports.documents.place);
  listening.catch(() => {});
  return {
    ...{ names, host: { documents }, reasons: [], prepareNext: () => reserve.prepare(start) },
    record: { documents: { portalId, writingId, home, grounds, downloads } },
    async mount(initPid, plan) {
      const target = plan.find(({ op }) => op === 'documents');
      if (target?.op !== 'documents') return false;
      const isListening = await listening.then(
        () => true,
        () => false,
      );
      const order = {
        initPid,
        target: target.target,
        documents: documents.read,
        writable: documents.write,
        socket: questions.path,
        sandbox: id,
      };
      return isListening && names.mount(order);
    },
  };
}

/** The folders that a sandbox can write and others can see: not the single files, whose names are not its. */
export function writesOf(
  { home, own, shares }: LetIn,
  { follow, id }: Pick<SandboxSight, 'follow' | 'id'>,
): Pick<SandboxRecord, 'writes' | 'writeIds'> {
  const isFile = (path: string) => {
    const found = follow(path, home);
    return 'path' in found && found.kind === 'file';
  };
  const shared = shares.filter(({ path, writable }) => writable && !isFile(path)).map(({ path }) => path);
  const writes = [...(own.kept ? [own.path] : []), ...shared];
  return { writes, writeIds: writes.flatMap((path) => id(path) ?? []) };
}
