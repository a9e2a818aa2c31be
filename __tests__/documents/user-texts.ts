/** The texts that users read besides the documents, labels, hints and messages, and the names in the code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import destination from '../../dist/destination.json'
import plugin from '../../plugin.json'
import { root } from './setup'

type Texts = [name: string, text: string][]

/** The labels and hints of each edition. */
export const labels: Texts = [
  ['plugin.json', [plugin.description, ...plugin.config.flatMap(({ name, hint }) => [name, hint])].join('\n')],
  [
    'dist/destination.json',
    [destination, ...destination.mappings]
      .flatMap(({ inputs_schema }) => inputs_schema.flatMap(({ label, description }) => [label, description]))
      .concat(destination.description)
      .join('\n'),
  ],
]

const sources: Texts = ['src', 'destination', 'tools']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((path) => /\.(ts|hog|html)$/.test(path))
  .map((path) => [path, readFileSync(join(root, path), 'utf8')])

/** The messages of each file: its texts of several words that are not code. */
export const messages: Texts = sources
  .map(([path, source]): [string, string[]] => [path, textsIn(path, source)])
  .map(([path, texts]): [string, string[]] => [path, texts.filter((text) => /[a-z],? [a-z]/i.test(text))])
  .map(([path, texts]): [string, string] => [path, texts.filter((text) => !text.includes('=>')).join('\n')])
  .filter(([, text]) => text !== '')

/** Each name that the code declares, with its file. */
export const names: Texts = sources
  .filter(([path]) => path.endsWith('.ts'))
  .flatMap(([path, source]) =>
    nodesIn(path, source).flatMap((node): Texts => (ts.isIdentifier(node) ? [[path, node.text]] : [])),
  )

function textsIn(path: string, source: string): string[] {
  if (path.endsWith('.html')) return [source.replace(/<[^>]*>/g, '\n')]
  if (path.endsWith('.hog'))
    return [...source.replace(/\/\/.*/g, '').matchAll(/'([^'\n]*)'/g)].map(([, text = '']) => text)
  return nodesIn(path, source).flatMap((node) => {
    if (ts.isStringLiteralLike(node)) return [node.text]
    if (!ts.isTemplateExpression(node)) return []
    return [[node.head, ...node.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('…')]
  })
}

function nodesIn(path: string, source: string): ts.Node[] {
  const below = (node: ts.Node): ts.Node[] => {
    const nodes = [node]
    node.forEachChild((child) => void nodes.push(...below(child)))
    return nodes
  }
  return below(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true))
}
