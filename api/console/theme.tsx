// Light, dark, or as the system has it: kept for this browser.

import { useEffect, useState } from 'preact/hooks';
import { rememberedTheme, rememberTheme, type Theme } from './data/browser.ts';

const THEMES: readonly { readonly theme: Theme; readonly title: string }[] = [
  { theme: 'system', title: 'System' },
  { theme: 'light', title: 'Light' },
  { theme: 'dark', title: 'Dark' },
];

export function ThemeChoice() {
  const [theme, setTheme] = useState(rememberedTheme());
  useEffect(() => {
    rememberTheme(theme);
    const system = matchMedia('(prefers-color-scheme: dark)');
    const apply = (): void => {
      document.documentElement.dataset.theme =
        theme === 'system' ? (system.matches ? 'dark' : 'light') : theme;
    };
    apply();
    system.addEventListener('change', apply);
    return () => system.removeEventListener('change', apply);
  }, [theme]);
  return (
    <select
      aria-label="Colours"
      value={theme}
      onChange={(event) => setTheme(event.currentTarget.value as Theme)}
    >
      {THEMES.map((each) => (
        <option key={each.theme} value={each.theme}>
          {each.title}
        </option>
      ))}
    </select>
  );
}
