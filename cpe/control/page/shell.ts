/**
 * The page as it comes from the agent: it says how the line is before any script runs, and where none does.
 */
import type { LegName } from '../../../shared/core/leg.ts'
import { LEGS } from '../../../shared/core/leg.ts'
import type { Assets } from './assets.ts'
import { lineText } from './line-text.ts'
import type { PageState } from './page-state.ts'
import { TEXTS } from './texts.ts'

export function shell(state: PageState, assets: Assets | undefined): string {
  const { tone, sentence, advice } = lineText(state)
  const row = (leg: LegName) =>
    `<li>${escaped(TEXTS.legs[leg])}: ${escaped(TEXTS.conditions[state.legs[leg].condition])}</li>`
  const links =
    assets === undefined
      ? ''
      : `<link rel="stylesheet" href="${assets.style.path}">
<script type="module" src="${assets.script.path}"></script>`
  const note = assets === undefined ? TEXTS.notBuilt : TEXTS.withoutScript
  const hint = `<p class="hint">${escaped(note)}</p>`
  return `<!doctype html>
<html lang="${TEXTS.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(TEXTS.title)}</title>
<link rel="icon" href="data:,">
${links}
</head>
<body>
<main id="page">
<h1>${escaped(TEXTS.title)}</h1>
<section class="line ${tone}">
<p class="sentence">${escaped(sentence)}</p>
<p class="advice">${escaped(advice)}</p>
</section>
<ul class="plain">${LEGS.map(row).join('')}</ul>
${assets === undefined ? hint : `<noscript>${hint}</noscript>`}
</main>
</body>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}
