/* A random graph with few well-known vertices and many obscure ones, and breadth-first searches in it.

     graph make FILE SCALE EDGES     2^SCALE vertices and EDGES times as many edges, written to FILE
     graph search FILE ROOTS         read FILE into memory, then search from so many vertices

   Vertices and edges are drawn as in the Graph 500 benchmark: each bit of an edge's ends falls into one of four
   quarters with chances 0.57, 0.19, 0.19 and 0.05. A search goes from the vertices last found to their neighbours while
   these are few, and has the others look for one of them when they are many.
   Source: S. Beamer, K. Asanovic and D. Patterson, "Direction-Optimizing Breadth-First Search", SC 2012. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { uint64_t vertices, edges, *first; uint32_t* to; } Graph;

static uint64_t state = 1;

static uint64_t draw(void) /* splitmix64 */
{
   uint64_t z = state += 0x9e3779b97f4a7c15ULL;
   z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
   z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
   return z ^ z >> 31;
}

static void* room(size_t count, size_t size)
{
   void* memory = malloc(count * size);
   if (!memory) { perror("graph"); exit(1); }
   return memory;
}

static void move(size_t done, size_t count)
{
   if (done != count) { perror("graph"); exit(1); }
}

static void make(const char* path, int scale, uint64_t factor)
{
   uint64_t vertices = 1ULL << scale, edges = vertices * factor;
   uint32_t(*ends)[2] = room(edges, sizeof *ends);
   uint64_t* first = calloc(vertices + 2, sizeof *first);
   for (uint64_t i = 0; i < edges; i++) {
      uint32_t a = 0, b = 0;
      for (int bit = 0; bit < scale; bit++) {
         unsigned chance = draw() >> 44;
         unsigned quarter = chance < 597688 ? 0 : chance < 796917 ? 1 : chance < 996147 ? 2 : 3; /* of 2^20 */
         a = a << 1 | quarter >> 1;
         b = b << 1 | (quarter & 1);
      }
      a = (uint32_t)((a * 0x9e3779b1ULL) & (vertices - 1)); /* so that a vertex's number says nothing */
      b = (uint32_t)((b * 0x9e3779b1ULL) & (vertices - 1));
      ends[i][0] = a, ends[i][1] = b;
      first[a + 2]++, first[b + 2]++;
   }
   for (uint64_t v = 0; v < vertices; v++)
      first[v + 2] += first[v + 1];
   uint32_t* to = room(2 * edges, sizeof *to);
   for (uint64_t i = 0; i < edges; i++)
      for (int end = 0; end < 2; end++)
         to[first[ends[i][end] + 1]++] = ends[i][!end];
   uint64_t head[2] = {vertices, 2 * edges};
   FILE* file = fopen(path, "wb");
   if (!file) { perror(path); exit(1); }
   move(fwrite(head, sizeof *head, 2, file), 2);
   move(fwrite(first, sizeof *first, vertices + 1, file), vertices + 1);
   move(fwrite(to, sizeof *to, 2 * edges, file), 2 * edges);
   move(fclose(file), 0);
}

static Graph load(const char* path)
{
   Graph g;
   uint64_t head[2];
   FILE* file = fopen(path, "rb");
   if (!file) { perror(path); exit(1); }
   move(fread(head, sizeof *head, 2, file), 2);
   g.vertices = head[0], g.edges = head[1];
   g.first = room(g.vertices + 1, sizeof *g.first);
   g.to = room(g.edges, sizeof *g.to);
   move(fread(g.first, sizeof *g.first, g.vertices + 1, file), g.vertices + 1);
   move(fread(g.to, sizeof *g.to, g.edges, file), g.edges);
   fclose(file);
   return g;
}

static uint64_t search(const Graph* g, uint32_t root, uint32_t* depth, uint32_t* now, uint32_t* next)
{
   uint64_t found = 1, count = 1;
   memset(depth, 0xff, g->vertices * sizeof *depth);
   depth[root] = 0;
   now[0] = root;
   for (uint32_t level = 0; count; level++) {
      uint64_t more = 0;
      if (count > g->vertices / 20) { /* many: every vertex that is not found looks for one of them */
         for (uint32_t v = 0; v < g->vertices; v++)
            for (uint64_t i = g->first[v]; depth[v] == UINT32_MAX && i < g->first[v + 1]; i++)
               if (depth[g->to[i]] == level)
                  depth[v] = level + 1, next[more++] = v;
      } else {
         for (uint64_t f = 0; f < count; f++)
            for (uint64_t i = g->first[now[f]]; i < g->first[now[f] + 1]; i++)
               if (depth[g->to[i]] == UINT32_MAX)
                  depth[g->to[i]] = level + 1, next[more++] = g->to[i];
      }
      uint32_t* swap = now;
      now = next, next = swap;
      found += count = more;
   }
   return found;
}

int main(int count, char** words)
{
   if (count == 5 && !strcmp(words[1], "make")) {
      make(words[2], atoi(words[3]), strtoull(words[4], 0, 10));
   } else if (count == 4 && !strcmp(words[1], "search")) {
      Graph g = load(words[2]);
      uint32_t* depth = room(g.vertices, 4), *now = room(g.vertices, 4), *next = room(g.vertices, 4);
      for (int i = atoi(words[3]); i; i--) {
         uint32_t root = draw() % g.vertices;
         printf("%u: %llu\n", root, (unsigned long long)search(&g, root, depth, now, next));
      }
   } else {
      return fprintf(stderr, "usage: graph make FILE SCALE EDGES | graph search FILE ROOTS\n"), 2;
   }
   return 0;
}
