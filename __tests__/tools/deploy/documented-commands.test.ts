/** The commands of the documents, and `--config` with each recipe, against simulators of PostHog and Loops. */
import { execFileSync } from 'node:child_process'
import { recipes } from '../../../tools/playground/recipes'
import { codeIn, textOf } from '../../documents/setup'
import { startDeploying, writes } from './setup'
import type { Deploying } from './setup'

jest.setTimeout(30_000)

let given: Deploying
beforeEach(
  async () => (given = await startDeploying({ projects: [{ id: 12345, name: 'Acme', test_account_filters: [] }] })),
)
afterEach(() => given.close())

const commands = ['README.md', 'docs/deploy.md', 'docs/destination.md'].flatMap((document) =>
  codeIn(textOf(document), 'bash')
    .flatMap((code) => code.match(/^npm run deploy -- .*$/gm) ?? [])
    .map((command): [document: string, command: string] => [document, command]),
)

/** The words of the command as bash splits them, behind `npm run deploy --`, without PostHog's address. */
function optionsOf(command: string): string[] {
  const words = execFileSync('bash', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
  const options = words.trimEnd().split('\n').slice(4)
  expect(options.splice(0, 2)).toEqual(['--posthog', expect.stringMatching(/^https:\/\/(us|eu)\.posthog\.com$/)])
  return options
}

it.each(commands)('%s installs an enabled destination: %s', async (_, command) => {
  const { code, said } = await given.deploy(optionsOf(command))
  expect(code).toBe(0)
  expect(said).toContain('turned on, with the events of --events')
  expect(writes(given)).toEqual(command.includes('--dry-run') ? [] : ['POST /api/projects/12345/hog_functions/'])
})

it('finds the commands of each document', () => {
  expect([...new Set(commands.map(([document]) => document))]).toHaveLength(3)
})

it.each(recipes)('--config installs a recipe: $name', async ({ settings }) => {
  const { code } = await given.deploy(['--project', '12345', '--config', given.file(settings)])
  expect(code).toBe(0)
  expect(writes(given)).toEqual(['POST /api/projects/12345/hog_functions/'])
})
