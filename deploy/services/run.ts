// One line a service, or one JSON document; and the exit code. Called by deploy/services.ts.
import { type Place, type Provided, provide, type Service } from './provide.ts';

export interface RunOptions {
  readonly services: readonly Service[];
  readonly place: Place;
  readonly print: (line: string) => void;
}

/** Answers the exit code: 0; 1 when something is missing and CI is set; 2 for arguments that are none. */
export async function runServices(args: readonly string[], options: RunOptions): Promise<number> {
  const unknown = args.find((arg) => arg !== '--json');
  if (unknown !== undefined) {
    options.print(`unknown argument ${unknown}: there is --json`);
    return 2;
  }
  const { services, place, print } = options;
  const json = args.includes('--json');
  const provided: Provided[] = [];
  for (const service of services) {
    const one = await provide(service, place);
    provided.push(one);
    if (!json) print(lineOf(one));
  }
  if (json) print(JSON.stringify({ services: provided }));
  const strict = !['', '0', 'false'].includes(place.env.CI ?? '');
  return strict && provided.some(({ state }) => state === 'missing') ? 1 : 0;
}

function lineOf(provided: Provided): string {
  switch (provided.state) {
    case 'named':
      return `${provided.name}: named by ${provided.where}`;
    case 'present':
      return `${provided.name} ${provided.version}: ${provided.where}`;
    case 'unpacked':
      return `${provided.name} ${provided.version}: unpacked, ${provided.where}`;
    case 'missing':
      return `${provided.name}: missing (${provided.detail}). To do: ${provided.byHand}`;
    default: {
      const never: never = provided;
      throw new Error(`unknown state ${JSON.stringify(never)}`);
    }
  }
}
