// SPDX-License-Identifier: MIT
//
// Reads a heap snapshot with the loader of Chrome's DevTools and says what it found, as JSON:
//
//     node loader.js FILE
//
// check.py bundles this file, with "devtools" for the folder of the loader.
import {createReadStream} from 'node:fs';
import {HeapSnapshotLoader} from 'devtools/HeapSnapshotLoader.js';
import {SecondaryInitManager} from 'devtools/HeapSnapshot.js';

// Node has it from 22 on.
Promise.withResolvers ??= () => {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, {resolve, reject}));
  return all;
};

async function load(path) {
  const problems = [];
  const loader = new HeapSnapshotLoader({
    sendEvent: (name, data) => {
      if (String(name).includes('Problem'))
        problems.push(String(data));
    },
  });
  for await (const chunk of createReadStream(path, {encoding: 'utf8', highWaterMark: 1 << 20}))
    loader.write(chunk);
  loader.close();
  const channel = new MessageChannel();
  new SecondaryInitManager(channel.port2);
  const snapshot = await loader.buildSnapshot(channel.port1);
  return {snapshot, problems};
}

function edgesOf(node) {
  const edges = [];
  for (const i = node.edges(); i.hasNext(); i.next())
    edges.push({type: i.edge.type(), name: i.edge.name(), to: i.edge.node().id()});
  return edges;
}

function describe(snapshot, index) {
  const node = snapshot.createNode(index);
  const stack = snapshot.allocationStack(index);
  return {
    id: node.id(),
    name: node.name(),
    className: node.className(),
    type: node.type(),
    self: node.selfSize(),
    retained: node.retainedSize(),
    distance: node.distance(),
    edges: edgesOf(node),
    stack: stack && stack.map(f => ({name: f.functionName, script: f.scriptName, line: f.line})),
  };
}

function describeAll(snapshot) {
  const nodes = [];
  const size = snapshot.nodeFieldCount;
  for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++)
    nodes.push(describe(snapshot, ordinal * size));
  return nodes;
}

function rowsOf(snapshot) {
  const rows = {};
  for (const row of Object.values(snapshot.getAggregatesByClassKey(false)))
    rows[row.name] = {count: row.count, self: row.self, retained: row.maxRet};
  return rows;
}

const {snapshot, problems} = await load(process.argv[2]);
process.stdout.write(JSON.stringify({
  problems,
  nodes: describeAll(snapshot),
  rows: rowsOf(snapshot),
  traced: snapshot.profile.snapshot.trace_function_count > 0 ? snapshot.allocationTracesTops() : [],
}));
