import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const namespaceOf = (pid: number | string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
};

const resident = (pid: string): number => {
  try {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match ? Number(match[1]) * 1024 : 0;
  } catch {
    return 0;
  }
};

/** Processes (as the host numbers them) in the PID namespace of a holder. */
export function processesInside(holder: { pid: number }): string[] {
  const namespace = namespaceOf(holder.pid);
  return namespace
    ? readdirSync('/proc').filter(name => /^\d+$/.test(name) && namespaceOf(name) === namespace)
    : [];
}

/** The sum of the resident sets of all processes in a holder, shared pages counted each time. */
export const residentBytes = (holder: { pid: number }): number =>
  processesInside(holder).reduce((sum, pid) => sum + resident(pid), 0);
