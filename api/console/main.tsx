// The console: mounts the page. Built by api/cli/buildConsole.ts, served by api/http/console.ts, which loads nothing but what is built.
// Invariant: the page has no data of its own; all it shows it has asked of the API with the token of whoever signed in.

import { render } from 'preact';
import { App } from './app.tsx';
import { resume } from './data/session.ts';

const place = document.getElementById('console');
if (place === null) throw new Error('the page has no place for the console');
// Asked before anything is drawn: whatever is shown waits for the answer.
void resume();
render(<App />, place);
