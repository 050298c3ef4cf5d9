/* Touches pages in an order that the tests know: usage: known_sequence PAGES ACCESSES SEED.
   Each access falls on page pages * r^3 for r uniform in [0, 1): a skewed choice; every fourth one is a store. All
   pages are stored to once before, in ascending order. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int count, char** words)
{
   if (count != 4)
      return 2;
   uint64_t pages = strtoull(words[1], 0, 10), accesses = strtoull(words[2], 0, 10), state = strtoull(words[3], 0, 10);
   volatile uint8_t* memory =
      mmap(0, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   if (memory == MAP_FAILED)
      return 1;
   for (uint64_t page = 0; page < pages; page++)
      memory[page * 4096] = 1;
   for (uint64_t i = 0; i < accesses; i++) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      uint64_t r = state >> 44; /* 20 bits */
      uint64_t page = (r * r * r >> 40) * pages >> 20;
      if (i % 4 == 0)
         memory[page * 4096 + 8] = 2;
      else
         (void)memory[page * 4096 + 8];
   }
   return 0;
}
