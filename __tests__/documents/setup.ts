/** The documents of the project, and what stands in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(__dirname, '../..')

/** The paths of all documents, from the project's folder. */
export const documents: readonly string[] = [root, join(root, 'docs')].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => (folder === root ? name : `docs/${name}`)),
)

export function textOf(document: string): string {
  return readFileSync(join(root, document), 'utf8')
}

const fence = /^```(\w*)\n([^]*?)^```$/gm

/** The text below a heading, to the next heading of its level or above. */
export function sectionOf(document: string, heading: string): string {
  const text = textOf(document)
  const [, start = ''] = text.split(new RegExp(`^#+ ${heading}\n`, 'm'))
  const level = new RegExp(`^(#+) ${heading}\n`, 'm').exec(text)?.[1]?.length
  if (level === undefined) throw new Error(`${document} has no heading "${heading}"`)
  return start.split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? ''
}

/** A block of code with its language, such as `json`. */
export interface Block {
  readonly language: string
  readonly code: string
}

export function blocksIn(text: string): Block[] {
  return [...text.matchAll(fence)].map(([, language = '', code = '']) => ({ language, code }))
}

/** The code of the blocks of a language. */
export function codeIn(text: string, language: string): string[] {
  return blocksIn(text).flatMap((block) => (block.language === language ? [block.code] : []))
}

/** The targets of all links and pictures, HTML included. */
export function linksIn(document: string): string[] {
  const text = withoutCode(textOf(document))
  return [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, link, html]) => link ?? html ?? '')
}

/** The anchors that GitHub gives the headings of a document. */
export function anchorsIn(document: string): string[] {
  const counts = new Map<string, number>()
  return [
    ...textOf(document)
      .replace(fence, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

/** The rows of the table whose heading line starts with the given cell, each as the Markdown of its cells. */
export function rowsOf(text: string, firstHeading: string): string[][] {
  const [, rest, ...others] = text.split(new RegExp(`^\\| ${firstHeading} .*\n\\| -.*\n`, 'm'))
  if (rest === undefined || others.length > 0) throw new Error(`There is not exactly one table of "${firstHeading}"`)
  const [table = ''] = rest.split(/^(?!\|)/m)
  return table
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
}

/** The text without blocks and pieces of code, and without comments. */
function withoutCode(text: string): string {
  return withoutComments(text)
    .replace(fence, '')
    .replace(/`[^`\n]*`/g, '')
}

/** The text without what GitHub does not show. */
export function withoutComments(text: string): string {
  return text.replace(/<!--[^]*?-->/g, '')
}
