/** The rules of imports, checked by npm run check. Each rule's comment says why, or what to do instead. */

/** A rule: files that match `from` import nothing that matches `to`. Paths are regular expressions. */
function forbid(name, from, to, comment) {
  const pathOf = (value) => (typeof value === 'string' ? { path: value } : value)
  return { name, comment, severity: 'error', from: pathOf(from), to: pathOf(to) }
}

/** The app's modules, top to bottom, with the modules that each may import besides the basics. */
const modules = {
  'src/delivery/': ['src/translate/', 'src/settings/', 'src/loops/', 'src/posthog/'],
  'src/setup/': ['src/settings/', 'src/loops/', 'src/posthog/'],
  'src/translate/': ['src/settings/', 'src/loops/', 'src/posthog/'],
  'src/settings/': ['src/loops/', 'src/posthog/', 'src/re2/'],
  'src/loops/': ['src/posthog/'],
  'src/posthog/': [],
  'src/re2/': [],
}

const moduleRules = Object.entries(modules).map(([name, below]) =>
  forbid(
    'module ' + name,
    '^' + name,
    { path: '^(src/[^/]+/|index\\.ts$)', pathNot: [name, ...below].map((one) => '^' + one) },
    'A module imports only the modules below it and the basics: move the shared code into a module below both.',
  ),
)

const APP = '^(index\\.ts$|src/)'

const appRules = [
  ...moduleRules,
  forbid(
    'basics import no modules',
    '^src/[^/]+\\.ts$',
    '^(src/[^/]+/|index\\.ts$)',
    'A basic file is imported by every module: move the code into a module.',
  ),
  forbid(
    'translate takes only types of settings',
    '^src/translate/',
    { path: '^src/settings/settings\\.ts$', dependencyTypesNot: ['type-only'] },
    'Translation gets the settings as a parameter: use import type.',
  ),
  forbid('the app stands alone', APP, '^(destination|tools|__tests__)/', 'PostHog runs only index.ts and src/.'),
  forbid(
    'the app has no Node.js',
    APP,
    { dependencyTypes: ['core'] },
    'The servers differ in what they provide of Node.js: use plain JavaScript.',
  ),
  forbid(
    'the app imports only what PostHog provides',
    APP,
    { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/(@posthog/plugin-scaffold|(@types/)?node-fetch)/' },
    'Use @posthog/plugin-scaffold and node-fetch only, as tools/build/bundle.ts says.',
  ),
]

const toolRules = [
  forbid(
    'the destination stands on the app',
    '^destination/',
    '^(tools|__tests__)/',
    'The settings of the app become those of the destination with the code of src/ alone.',
  ),
  forbid('only tests know tests', '^tools/', '^__tests__/'),
  forbid(
    'the library knows no tool',
    '^tools/lib/',
    '^(index\\.ts$|src/|destination/|tools/(?!lib/))',
    'Each tool and each simulator imports the library.',
  ),
  forbid(
    'shapes and types import nothing',
    '^(tools/lib/shapes|destination/from-settings/types)\\.ts$',
    '.',
    'The page imports them.',
  ),
  forbid(
    'the page has no Node.js',
    '^tools/playground/page/',
    {
      path: '.',
      pathNot:
        '^tools/playground/(page/|contract\\.ts$)|^(tools/lib/shapes|destination/from-settings/types)\\.ts$|(^|/)node_modules/marked/',
      reachable: true,
    },
    'The page runs in a browser. It may reach its own files, the contract, the shapes, the types of the destination and marked.',
  ),
  forbid(
    'the simulators know the app by plugin.json',
    '^tools/simulators/',
    '^(index\\.ts$|src/|destination/)',
    'A simulator is written from the documentation of PostHog and Loops, so that it can show a fault of the app.',
  ),
  forbid(
    'the app is run as PostHog runs it',
    '^tools/(start|playground|lab)/',
    APP,
    'What tries the app out loads it into a simulator of PostHog, by plugin.json.',
  ),
  forbid(
    'the simulators know no tool',
    '^tools/simulators/',
    '^tools/(?!(simulators|lib)/)',
    'The tools and the tests use the simulators, not the other way round.',
  ),
  forbid(
    'the simulators know only the library',
    '^tools/simulators/(posthog|loops|hog)/',
    { path: '^tools/simulators/', pathNot: '^tools/simulators/($1|hog)/' },
    'The simulators of PostHog, of Loops and of Hog do not know each other. What runs the app in them does.',
  ),
  forbid(
    'only the REST API runs Hog',
    '^tools/simulators/(posthog/(?!rest-api/)|loops/)',
    '^tools/simulators/hog/',
    'The servers that run apps have no Hog.',
  ),
  forbid(
    "the export runs the app on persons, without simulators but with PostHog's parser",
    '^tools/(export|posthog-api)/',
    {
      path: '^(index\\.ts$|src/|destination/|tools/|__tests__/)',
      pathNot:
        '^src/((settings|translate|loops|posthog)/|[a-z-]+\\.ts$)|^destination/from-settings/|^tools/(export|posthog-api|lib)/|^tools/simulators/hog/syntax-tree\\.ts$',
    },
    'The export is no simulator: it asks the real PostHog, and takes the settings and rules of src/.',
  ),
  forbid("deploy takes its checks from the app and PostHog's parser, and runs no simulator", '^tools/deploy/', {
    path: '^(index\\.ts$|src/|tools/|__tests__/)',
    pathNot:
      '^src/(setup/account-check|loops/client)\\.ts$|^tools/(deploy|posthog-api|lib)/|^tools/simulators/hog/syntax-tree\\.ts$',
  }),
  forbid('a tool imports no other tool', '^tools/(build|deploy|export|start|playground)/', {
    path: '^tools/(build|deploy|export|start|playground|lab)/',
    pathNot: '^tools/$1/',
  }),
  forbid('an experiment imports no tool and no other experiment', '^tools/lab/(faults|bench|record|simulators)/', {
    path: '^tools/(?!lib/|simulators/)',
    pathNot: '^tools/lab/$1/',
  }),
  forbid('the integration run takes traffic and measures from the campaigns', '^tools/lab/integration/', {
    path: '^tools/(?!lib/|simulators/|lab/integration/)',
    pathNot: '^tools/lab/faults/(traffic|measures|receipts|random|loops|fault-mixes)\\.ts$',
  }),
]

export default {
  forbidden: [
    forbid(
      'no circles',
      {},
      { circular: true },
      'Move what both files need into a third one. Imports of types count too.',
    ),
    forbid('every import resolves', {}, { couldNotResolve: true }),
    ...appRules,
    ...toolRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count, although TypeScript erases them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Packages like csv-parse name their parts, such as csv-parse/sync, in "exports".
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
