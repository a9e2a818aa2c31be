import { spawnSync } from 'node:child_process'
import { transformSync } from 'esbuild'
import { blocksIn, documents, textOf } from './setup'

/** The languages of all blocks. `text` is what somebody types into a setting: `settings.test.ts` reads those. */
const languages = ['bash', 'js', 'json', 'python', 'text']

const blocks = documents.flatMap((document) => blocksIn(textOf(document)).map((block) => ({ document, ...block })))

/** The blocks of a language, each as its place and its code. */
function ofLanguage(language: string): [place: string, code: string][] {
  return blocks
    .filter((block) => block.language === language)
    .map(({ document, code }) => [`${document}: ${code.split('\n')[0] ?? ''}`, code])
}

describe('a block of code', () => {
  it('says its language', () => {
    expect(blocks.filter(({ language }) => !languages.includes(language))).toEqual([])
  })

  it.each(ofLanguage('json'))('is JSON: %s', (_, code) => {
    expect(() => JSON.parse(code) as unknown).not.toThrow()
  })

  it.each(ofLanguage('js'))('is JavaScript: %s', (_, code) => {
    expect(() => transformSync(code, { format: 'esm' })).not.toThrow()
  })

  it.each(ofLanguage('bash'))('is a script of bash: %s', (_, code) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  const hasPython = spawnSync('python3', ['--version']).status === 0
  const python = ofLanguage('python')
  ;(hasPython ? it : it.skip).each(python)('is Python: %s', (_, code) => {
    const parse = 'import ast, sys; ast.parse(sys.stdin.read())'
    const { status, stderr } = spawnSync('python3', ['-c', parse], { input: code, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
