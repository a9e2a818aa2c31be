import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format } from 'oxfmt'
import { rollup } from 'rollup'
import type { OutputChunk, Plugin } from 'rollup'
import tsBlankSpace from 'ts-blank-space'
import ts from 'typescript'
import formatOptions from '../../.oxfmtrc.json'

const root = join(__dirname, '../..')

/** The file that PostHog runs, as `main` in plugin.json names it. */
export const BUNDLE_PATH = join(root, 'dist/index.js')

const FIRST_LINE = '// Built from index.ts and src/ by `npm run build`: change those files and not this one.'

/** What the app may import from the server; everything else must be in the bundle. */
const SERVER_PACKAGES = ['@posthog/plugin-scaffold', 'node-fetch']

/**
 * Builds the app into the one file that PostHog runs: the types are erased and the comments kept. All code stands in one
 * function scope, because in PostHog's VM a name at the top level is a property of the global object and slow to read.
 *
 * @throws Error if the app imports a package that PostHog does not provide, or if two files declare the same name.
 */
export async function bundleApp(): Promise<string> {
  const build = await rollup({
    input: join(root, 'index.ts'),
    external: SERVER_PACKAGES,
    plugins: [eraseTypes],
    // A warning is a circle of imports or a package that PostHog does not provide.
    onwarn: ({ message }) => {
      throw new Error(message)
    },
  })
  const { output } = await build.generate({ format: 'es' })
  await build.close()
  const { code, errors } = await format(BUNDLE_PATH, inOneScope(output[0]), formatOptions)
  if (errors[0] !== undefined) throw new Error(errors[0].message)
  return code
}

function inOneScope({ code, exports }: OutputChunk): string {
  const renamed = /\b\w+\$\d+\b/.exec(code)
  if (renamed !== null)
    throw new Error(`Two files of the app declare "${renamed[0].replace(/\$\d+$/, '')}": rename one.`)
  const imports = SERVER_PACKAGES.flatMap((name) => code.match(new RegExp(`^import .* from '${name}';?$`, 'm')) ?? [])
  const body = code.replace(/^import .*$/gm, '').replace(/^export \{.*\};?$/gm, '')
  const names = [...exports].sort().join(', ')
  return [FIRST_LINE, ...imports, '', `export const { ${names} } = (() => {`, body, `return { ${names} }`, '})()'].join(
    '\n',
  )
}

const eraseTypes: Plugin = {
  name: 'erase-types',
  resolveId: (source, importer) =>
    source.startsWith('.') && importer !== undefined ? `${join(importer, '..', source)}.ts` : null,
  load: async (path) => {
    const text = await readFile(path, 'utf8')
    return { code: tsBlankSpace(withoutTypeComments(text)), map: null }
  },
}

/** Replaces the comments of types by spaces: the types are erased, and their comments would seem to belong to what follows. */
function withoutTypeComments(text: string): string {
  const { statements } = ts.createSourceFile('module.ts', text, ts.ScriptTarget.ES2020, true)
  const comments = statements
    .filter((statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
    .flatMap((statement) => (ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []).slice(-1))
  return comments.reduce(
    (blanked, { pos, end }) => blanked.slice(0, pos) + blanked.slice(pos, end).replace(/\S/g, ' ') + blanked.slice(end),
    text,
  )
}
