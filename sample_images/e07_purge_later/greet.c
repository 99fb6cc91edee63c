#include <stdio.h>

int main(int count, char **names) {
    for (int i = 1; i < count; i++) {
        printf("Good day, %s.\n", names[i]);
    }
    return 0;
}
