// The named queries of sql/, read once. Invariant: a name here is a file there, prepared under that name on every connection.
// Every file of this folder that talks to the database takes its text from here; none is built by joining strings.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Statement {
  readonly name: string;
  readonly text: string;
}

export class Statements {
  readonly #byName: ReadonlyMap<string, Statement>;

  constructor(directory: string = join(import.meta.dirname, 'sql')) {
    const files = readdirSync(directory).filter((file) => file.endsWith('.sql'));
    this.#byName = new Map(
      files.map((file) => {
        const name = file.slice(0, -'.sql'.length);
        return [name, { name, text: readFileSync(join(directory, file), 'utf8') }];
      }),
    );
  }

  named(name: string): Statement {
    const statement = this.#byName.get(name);
    if (statement === undefined) throw new Error(`there is no query file sql/${name}.sql`);
    return statement;
  }
}
