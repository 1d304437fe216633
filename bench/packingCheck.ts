// Whether a packing of the openb trace is one: read again from the files' text, with arithmetic of its own, GPU by GPU.
// Invariant: imports nothing of the product; the first rule that is broken is told in words. Called by packing.ts and its test.

/** One pod on one machine, both by their names in the files. */
export interface Placement {
  readonly pod: string;
  readonly machine: string;
  readonly gpus: readonly number[];
}

interface Left {
  readonly gpus: number[];
  cpu: number;
  memory: number;
  readonly model: string;
}

/** Null when all placements keep every rule at once; else what is wrong with the first that does not. */
export function packingFault(
  files: { readonly nodes: string; readonly pods: string },
  placements: readonly Placement[],
): string | null {
  const machines = new Map<string, Left>();
  for (const row of table(files.nodes))
    machines.set(row.sn!, {
      gpus: Array.from({ length: Number(row.gpu) }, () => 1000),
      cpu: Number(row.cpu_milli),
      memory: Number(row.memory_mib),
      model: row.model ?? '',
    });
  const pods = new Map(table(files.pods).map((row) => [row.name!, row]));
  for (const { pod: name, machine, gpus } of placements) {
    const pod = pods.get(name);
    const left = machines.get(machine);
    if (pod === undefined || left === undefined) return `${name} on ${machine}: no such pod or machine`;
    const count = Number(pod.num_gpu);
    const share = count === 1 ? Number(pod.gpu_milli) : 1000;
    if (gpus.length !== count || new Set(gpus).size !== count)
      return `${name} asks ${count} GPUs and has ${gpus.join(', ')}`;
    const allowed = (pod.gpu_spec ?? '').split('|').filter(Boolean);
    if (allowed.length > 0 && !allowed.includes(left.model))
      return `${name} may run on ${allowed.join(', ')} and runs on ${left.model}`;
    for (const gpu of gpus) {
      const free = left.gpus[gpu];
      if (free === undefined || free < share)
        return `${machine} has ${free} left of GPU ${gpu}, ${name} takes ${share}`;
      left.gpus[gpu] = free - share;
    }
    left.cpu -= Number(pod.cpu_milli);
    left.memory -= Number(pod.memory_mib);
    if (left.cpu < 0) return `${machine} lacks ${-left.cpu} mCPU for ${name}`;
    if (left.memory < 0) return `${machine} lacks ${-left.memory} MiB for ${name}`;
  }
  return null;
}

/** Thousandths of GPUs that the placements hold. */
export function gpuMilliOf(pods: string, placements: readonly Placement[]): number {
  const sizes = new Map(
    table(pods).map((row) => [
      row.name!,
      Number(row.num_gpu) === 1 ? Number(row.gpu_milli) : Number(row.num_gpu) * 1000,
    ]),
  );
  return placements.reduce((sum, { pod }) => sum + sizes.get(pod)!, 0);
}

function table(text: string): Record<string, string | undefined>[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const names = header.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
  });
}
