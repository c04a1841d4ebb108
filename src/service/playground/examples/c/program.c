#include <stdio.h>
#include <string.h>

int main(void)
{
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        int words = 0;
        for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
            ++words;
        printf("%d words\n", words);
    }
    return 0;
}
