import { execFile } from 'node:child_process'

jest.setTimeout(60_000)

interface Ended {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

/** Runs `npm run lab` without npm, in a process of its own. */
function lab(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [require.resolve('tsx/cli'), 'tools/lab/run.ts', ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr })
    })
  })
}

describe('npm run lab', () => {
  it.each([
    [
      'runs the experiment of that name with the options',
      ['faults', '--help'],
      { code: 0, stdout: expect.stringContaining('Usage: npm run lab faults') as string, stderr: '' },
    ],
    [
      'ends with the exit code of the experiment',
      ['integration', '--phase', 'thaw'],
      { code: 1, stderr: "--phase does not know 'thaw': use calm, kill, freeze, postgres, redis.\n" },
    ],
    [
      'names the experiments',
      ['rain'],
      { code: 1, stderr: 'Usage: npm run lab faults|bench|integration|simulators [-- options]\n' },
    ],
  ])('%s', async (_, args, ended) => {
    expect(await lab(...args)).toMatchObject(ended)
  })
})
