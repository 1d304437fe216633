// The engines of `annona solve` by name, loaded when they are asked for. Called by worker.ts, tests and benches.
import type { Engine } from '../engines/engine.ts';
import { loadEngine, readGlpk, readHighs } from '../engines/load.ts';
import { createGlpkSearch } from './glpkSearch.ts';
import { loadHighsSearch } from './highsSearch.ts';
import type { SearchEngine, SearchEngineName } from './search.ts';
import type { ProgramEngines } from './solveProgram.ts';

/** One instance of each, made at the first question. */
export function programEngines(): ProgramEngines {
  const searches = new Map<SearchEngineName, Promise<SearchEngine | null>>();
  let linear: Promise<Engine | null> | null = null;
  return {
    linear() {
      linear ??= loadEngine('highs');
      return linear;
    },
    search(name) {
      const loading = searches.get(name) ?? loadSearch(name);
      searches.set(name, loading);
      return loading;
    },
  };
}

async function loadSearch(name: SearchEngineName): Promise<SearchEngine | null> {
  if (name === 'highs') return loadHighsSearch(await readHighs());
  const source = await readGlpk();
  return source && createGlpkSearch(await source.create(), source.build);
}
