import { spawn } from 'node:child_process'
import { routeTo } from '../posthog/fetch'
import type { Fetch } from '../posthog/fetch'

const serverScript = `
  const answer = (request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"success":true}'))
  }
  const server = require('node:http').createServer(answer)
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

/** A server that takes every request, in a process of its own: its processor time is not the app's. */
export interface LoopbackLoops {
  /** node-fetch, as the servers use it, with Loops' address led to this server. */
  readonly fetch: Fetch
  readonly stop: () => void
}

/** Starts the server. */
export async function startLoopbackLoops(): Promise<LoopbackLoops> {
  const child = spawn(process.execPath, ['-e', serverScript], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`The server for the benchmark ended with code ${code ?? 'none'}.`))
    })
    child.stdout.once('data', (data: Buffer) => {
      resolve(String(data).trim())
    })
  })
  return {
    fetch: routeTo('https://app.loops.so', `http://127.0.0.1:${port}`),
    stop: () => {
      child.kill()
    },
  }
}
